using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Linux;

namespace Gateway.Handover;

/// <summary>The gateway process that runs already, and whose place this process takes: <see cref="HandoverMessages"/>.</summary>
internal sealed class Predecessor : IDisposable
{
    // The old process answers at once, unless it is putting a configuration in force, which takes seconds at most.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(15);

    private readonly Socket _socket;

    private Predecessor(Socket socket) => _socket = socket;

    /// <summary>The listening sockets. They belong to the caller.</summary>
    public IReadOnlyList<ListeningDescriptor> Sockets { get; private set; } = [];

    /// <summary>The lock of the old process's nftables table, which belongs to the caller; null: none.</summary>
    public (string Table, SafeSocketHandle Lock)? TableLock { get; private set; }

    /// <summary>The table that this process has taken over; null: none, and the old process removes its table.</summary>
    public string? TakenTable { get; set; }

    /// <summary>Asks the process that runs for its listening sockets.</summary>
    /// <param name="config">Where that process is asked.</param>
    /// <param name="patience">How long each answer may take; null: 15 s.</param>
    /// <returns>Null: no process answers at the path, or the process there has begun to end.</returns>
    /// <exception cref="HandoverException">A process answers, and does not hand over.</exception>
    public static Predecessor? Find(HandoverConfig config, TimeSpan? patience = null)
    {
        var path = config.Path!;
        var limit = patience ?? DefaultPatience;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)limit.TotalMilliseconds,
            SendTimeout = (int)limit.TotalMilliseconds,
        };
        Predecessor? found = null;
        var handsOver = false;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            if (!DescriptorPassing.IsSameUser(socket))
            {
                throw Refused(path, "the process there runs as another user. Choose a folder that only the gateway's user may write to.");
            }

            found = new Predecessor(socket);
            _ = socket.Send(Encoding.ASCII.GetBytes(HandoverMessages.Hello));
            handsOver = found.TryReceive(path);
            return handsOver ? found : null;
        }
        catch (SocketException problem) when (found is null && IsAbsent(problem.SocketErrorCode))
        {
            return null;
        }
        catch (SocketException problem)
        {
            // recvmsg reports the timeout of a blocking socket as EAGAIN.
            throw Refused(path, problem.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock
                ? $"the process there does not answer within {limit.TotalSeconds:0.#} s. End it, or remove the file."
                : $"{problem.Message}. The gateway's user must be able to use this socket.");
        }
        finally
        {
            if (!handsOver)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Tells the old process that this process accepts, and waits until the old process accepts no more.</summary>
    /// <returns>False: the old process has ended meanwhile, which leaves this process alone too.</returns>
    public bool TakePlace()
    {
        try
        {
            _ = _socket.Send(Encoding.UTF8.GetBytes(HandoverMessages.Ready(TakenTable)));
            return ReadLine([]) == HandoverMessages.Released;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // No file, or a file that a dead process left.
    private static bool IsAbsent(SocketError error) =>
        error is SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.HostNotFound;

    private static HandoverException Refused(string path, string why) => new($"Handover:Path ({path}): {why}");

    // False: the old process has begun to end, and hands nothing over.
    private bool TryReceive(string path)
    {
        var numbers = new List<int>();
        var line = ReadLine(numbers);
        if (line is null)
        {
            return false;
        }

        if (line == HandoverMessages.Busy)
        {
            throw Refused(path, "another process is taking the place of the one that runs. Start this one later.");
        }

        if (HandoverMessages.ReadOffer(line) is not var (count, table))
        {
            throw Refused(path, "what answers there is no gateway that can hand over to this version. End it first.");
        }

        var expected = count + (table is null ? 0 : 1);
        var data = new byte[1];
        while (numbers.Count < expected && DescriptorPassing.Receive(_socket, data, numbers) > 0)
        {
        }

        if (numbers.Count < expected)
        {
            numbers.ForEach(static number => new SafeSocketHandle(number, ownsHandle: true).Dispose());
            return false;
        }

        Sockets = [.. numbers.Take(count).Select(static number => ListeningDescriptor.Adopt(number, out _)).OfType<ListeningDescriptor>()];
        TableLock = table is null ? null : (table, new SafeSocketHandle(numbers[count], ownsHandle: true));
        return true;
    }

    private string? ReadLine(List<int> numbers)
    {
        var line = new StringBuilder();
        var data = new byte[1];
        while (line.Length < HandoverMessages.LongestLine && DescriptorPassing.Receive(_socket, data, numbers) > 0)
        {
            line.Append((char)data[0]);
            if (data[0] == '\n')
            {
                return line.ToString();
            }
        }

        return null;
    }
}
