using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Handover;
using Gateway.Testing;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Handover;

/// <summary>What a new process makes of what it finds at the path: nothing, a dead file, and processes that do not hand over.</summary>
public sealed class PredecessorTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private readonly TemporaryFolder _folder = new();

    private HandoverConfig Config => new() { Path = Path.Combine(_folder.Path, "h.sock") };

    [Fact]
    public void Find_NoFile_IsNobody() => Assert.Null(Predecessor.Find(Config, Short));

    [Fact]
    public void Find_FileOfADeadProcess_IsNobody()
    {
        // .NET unlinks the path to which a socket was bound when the socket closes, which a process that is killed does not.
        var bound = Path.Combine(_folder.Path, "bound");
        using (Listen(bound))
        {
            File.Move(bound, Config.Path!);
        }

        Assert.True(File.Exists(Config.Path));
        Assert.Null(Predecessor.Find(Config, Short));
    }

    [Fact]
    public void Find_ProcessThatSaysNothing_EndsWithTheTimeoutAndTheCure()
    {
        using var listening = Listen();

        var problem = Assert.Throws<HandoverException>(() => Predecessor.Find(Config, Short));
        Assert.Contains("does not answer within 0.1 s. End it, or remove the file.", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("busy\n", "another process is taking the place")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "is no gateway that can hand over")]
    public async Task Find_ProcessThatDoesNotHandOver_SaysWhy(string answer, string why)
    {
        using var listening = Listen();
        var answering = AnswerAsync(listening, answer);

        var problem = Assert.Throws<HandoverException>(() => Predecessor.Find(Config));

        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
        (await answering.Within()).Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("sockets 1 table -\n")]
    public async Task Find_ProcessThatEndsMeanwhile_IsNobody(string answer)
    {
        using var listening = Listen();
        var answering = CloseAsync(AnswerAsync(listening, answer));

        Assert.Null(Predecessor.Find(Config));
        await answering.Within();
    }

    [Fact]
    public async Task Find_ProcessWithoutListeners_IsTakenOver()
    {
        using var listening = Listen();
        var answering = AnswerAsync(listening, "sockets 0 table -\n");

        using var predecessor = Predecessor.Find(Config)!;

        Assert.Empty(predecessor.Sockets);
        using var peer = await answering.Within();
        _ = await peer.SendAsync(Encoding.ASCII.GetBytes(HandoverMessages.Released)).Within();
        Assert.True(predecessor.TakePlace());
        Assert.True(HandoverMessages.IsReady(await HandoverMessages.ReadLineAsync(peer, default).Within(), out _));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task CloseAsync(Task<Socket> peer) => (await peer).Dispose();

    private static async Task<Socket> AnswerAsync(Socket listening, string answer)
    {
        var peer = await listening.AcceptAsync();
        Assert.Equal(HandoverMessages.Hello, await HandoverMessages.ReadLineAsync(peer, default));
        _ = await peer.SendAsync(Encoding.ASCII.GetBytes(answer));
        return peer;
    }

    private Socket Listen(string? path = null)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path ?? Config.Path!));
        socket.Listen();
        return socket;
    }
}
