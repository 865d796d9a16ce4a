using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>Relays with a side that is no plain connection: TLS with the client, with the backend, with both.</summary>
public abstract partial class TcpEngineTests
{
    private static readonly Lazy<X509Certificate2> Certificate = new(MakeCertificate);

    public enum TlsAt
    {
        Client,
        Backend,
        Both,
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    [InlineData(TlsAt.Both)]
    public async Task RelayTls_StreamsBothWaysAtOnce_EveryByteArrives(TlsAt at)
    {
        const int Bytes = 8 << 20;
        await using var bench = TlsBench(at);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        var (upload, download) = (TestSockets.RandomBytes(Bytes, seed: 31), TestSockets.RandomBytes(Bytes, seed: 32));

        var received = Task.WhenAll(client.ReadToEndAsync(), backend.ReadToEndAsync());
        await Task.WhenAll(client.SendAndShutdownAsync(upload), backend.SendAndShutdownAsync(download)).Within();
        var arrived = await received.Within();

        TestSockets.AssertSame(download, arrived[0]);
        TestSockets.AssertSame(upload, arrived[1]);
        var result = await bench.NextResultAsync();
        Assert.Contains(result.End, new[] { CloseReason.ClientFin, CloseReason.BackendFin });
        Assert.Equal((Bytes, Bytes, SocketError.Success), (result.ClientToBackendBytes, result.BackendToClientBytes, result.Error));
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    [InlineData(TlsAt.Both)]
    public async Task RelayTls_ClientHalfCloses_BackendStillAnswersInFull(TlsAt at)
    {
        await using var bench = TlsBench(at);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        var answer = TestSockets.RandomBytes(2 << 20, seed: 33);

        await client.SendAndShutdownAsync(Request).Within();
        Assert.Equal(Request, await backend.ReadToEndAsync().Within());
        var reading = client.ReadToEndAsync();
        await backend.SendAndShutdownAsync(answer).Within();

        TestSockets.AssertSame(answer, await reading.Within());
        Assert.Equal(
            new RelayResult(CloseReason.ClientFin, Request.Length, answer.Length, SocketError.Success),
            await bench.NextResultAsync());
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    [InlineData(TlsAt.Both)]
    public async Task RelayTls_BackendHalfCloses_ClientStillSendsInFull(TlsAt at)
    {
        await using var bench = TlsBench(at);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        var upload = TestSockets.RandomBytes(2 << 20, seed: 34);

        await backend.SendAndShutdownAsync(Request).Within();
        Assert.Equal(Request, await client.ReadToEndAsync().Within());
        var reading = backend.ReadToEndAsync();
        await client.SendAndShutdownAsync(upload).Within();

        TestSockets.AssertSame(upload, await reading.Within());
        Assert.Equal(
            new RelayResult(CloseReason.BackendFin, upload.Length, Request.Length, SocketError.Success),
            await bench.NextResultAsync());
    }

    [Theory]
    [InlineData(TlsAt.Client, true)]
    [InlineData(TlsAt.Client, false)]
    [InlineData(TlsAt.Backend, true)]
    [InlineData(TlsAt.Backend, false)]
    [InlineData(TlsAt.Both, true)]
    [InlineData(TlsAt.Both, false)]
    public async Task RelayTls_OneSideResets_TheOtherIsReset(TlsAt at, bool clientResets)
    {
        await using var bench = TlsBench(at);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        await client.Stream.WriteAsync(Request).AsTask().Within();
        Assert.Equal(Request, await backend.ReadAsync(Request.Length).Within());

        (clientResets ? client : backend).Socket.Reset();

        Assert.Equal(SocketError.ConnectionReset, await (clientResets ? backend : client).ReadUntilErrorAsync().Within());
        var end = clientResets ? CloseReason.ClientReset : CloseReason.BackendReset;
        Assert.Equal(new RelayResult(end, Request.Length, 0, SocketError.ConnectionReset), await bench.NextResultAsync());
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    public async Task RelayTls_DestinationStopsReading_SourceIsHeldBackAndNothingIsLost(TlsAt at)
    {
        // What the sockets' buffers of two hops can take at most (tcp_wmem and tcp_rmem of a default kernel), with room to spare.
        const long MostInFlight = 128L << 20;
        await using var bench = TlsBench(at);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        var block = TestSockets.RandomBytes(1 << 20, seed: 35);
        long sent = 0;
        Task? heldBack = null;
        while (heldBack is null && sent < MostInFlight)
        {
            var sending = client.Stream.WriteAsync(block).AsTask();
            try
            {
                await sending.WaitAsync(TimeSpan.FromSeconds(1));
            }
            catch (TimeoutException)
            {
                heldBack = sending;
            }

            sent += block.Length;
        }

        Assert.True(heldBack is not null, $"{sent} bytes were taken in for a destination that reads nothing");
        var reading = backend.ReadToEndAsync();
        await heldBack.Within();
        await client.ShutdownAsync().Within();
        Assert.Equal(sent, (await reading.Within()).Length);
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    [InlineData(TlsAt.Both)]
    public async Task RelayTls_Silence_EndsAtTheIdleTimeoutAndResetsBoth(TlsAt at)
    {
        await using var bench = TlsBench(at, new RelayOptions { IdleTimeout = TimeSpan.FromMilliseconds(200) });
        var (client, backend) = await ConnectTlsAsync(bench, at);

        Assert.Equal(CloseReason.IdleTimeout, (await bench.NextResultAsync()).End);
        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync().Within());
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync().Within());
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    [InlineData(TlsAt.Both)]
    public async Task RelayTls_Aborted_EndsWithTheReasonAndResetsBoth(TlsAt at)
    {
        var relayed = new TaskCompletionSource<TcpConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var bench = TlsBench(at, onServe: relayed.SetResult);
        var (client, backend) = await ConnectTlsAsync(bench, at);
        await client.Stream.WriteAsync(Request).AsTask().Within();
        await backend.ReadAsync(Request.Length).Within();
        var connection = await relayed.Task.Within();
        await Eventually.TrueAsync(() => connection.Relayed == new RelayedBytes(Request.Length, 0), "the relay has counted");

        connection.Abort(CloseReason.Drain);

        Assert.Equal(new RelayResult(CloseReason.Drain, Request.Length, 0, SocketError.OperationAborted), await bench.NextResultAsync());
        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync().Within());
        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync().Within());
    }

    [Theory]
    [InlineData(TlsAt.Client)]
    [InlineData(TlsAt.Backend)]
    public async Task RelayTls_GuardRefuses_BackendGetsNone(TlsAt at)
    {
        await using var bench = TlsBench(at);
        bench.Guard = new RecordingGuard(_ => GuardVerdict.Refuse);
        var (client, backend) = await ConnectTlsAsync(bench, at);

        await client.Stream.WriteAsync(Request).AsTask().Within();

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync().Within());
        Assert.Equal(new RelayResult(CloseReason.UntrustedHeader, 0, 0, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task RelayTls_BytesThatAreNoTls_EndTheRelay()
    {
        await using var bench = TlsBench(TlsAt.Backend);
        var (client, backend) = await ConnectTlsAsync(bench, TlsAt.Backend);

        await backend.Socket.WriteAsync("no record of TLS"u8.ToArray());

        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync().Within());
        Assert.Equal(CloseReason.BackendReset, (await bench.NextResultAsync()).End);
    }

    private EngineBench TlsBench(TlsAt at, RelayOptions? relay = null, Action<TcpConnection>? onServe = null) =>
        EngineBench.Start(CreateEngine(), relay, serve: (bench, connection) =>
        {
            onServe?.Invoke(connection);
            return bench.RelayAsync(
                connection,
                overClient: at == TlsAt.Backend ? null : AcceptTlsAsync,
                overBackend: at == TlsAt.Client ? null : OpenTlsAsync);
        });

    private static async Task<RelaySide> AcceptTlsAsync(TcpConnection connection)
    {
        var beneath = new ConnectionStream(connection);
        var ssl = new SslStream(beneath);
        await ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate.Value });
        return StreamSide.Of(ssl, beneath, connection);
    }

    private static async Task<RelaySide> OpenTlsAsync(TcpConnection connection)
    {
        var beneath = new ConnectionStream(connection);
        var ssl = new SslStream(beneath);
        await ssl.AuthenticateAsClientAsync(ClientOptions());
        return StreamSide.Of(ssl, beneath, connection);
    }

    private static async Task<(TlsPeer Client, TlsPeer Backend)> ConnectTlsAsync(EngineBench bench, TlsAt at)
    {
        var (client, backend) = await bench.ConnectPairAsync();
        var opening = at == TlsAt.Backend ? Task.FromResult(TlsPeer.Plain(client)) : TlsPeer.OpenAsync(client);
        var accepting = at == TlsAt.Client ? Task.FromResult(TlsPeer.Plain(backend)) : TlsPeer.AcceptAsync(backend);
        return (await opening.Within(), await accepting.Within());
    }

    private static SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "backend",
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == Certificate.Value.GetCertHashString(),
    };

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=backend", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>The test's end of a connection, with or without TLS.</summary>
    private sealed class TlsPeer(Socket socket, Stream stream, ReaderGate? gate = null)
    {
        public Socket Socket => socket;

        public Stream Stream => stream;

        public static TlsPeer Plain(Socket socket) => new(socket, new NetworkStream(socket));

        public static async Task<TlsPeer> OpenAsync(Socket socket)
        {
            var beneath = new GatedStream(socket);
            var ssl = new SslStream(beneath);
            await ssl.AuthenticateAsClientAsync(ClientOptions());
            return new TlsPeer(socket, ssl, beneath.Use());
        }

        public static async Task<TlsPeer> AcceptAsync(Socket socket)
        {
            var beneath = new GatedStream(socket);
            var ssl = new SslStream(beneath);
            await ssl.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate.Value });
            return new TlsPeer(socket, ssl, beneath.Use());
        }

        public async Task SendAndShutdownAsync(byte[] bytes)
        {
            await stream.WriteAsync(bytes);
            await ShutdownAsync();
        }

        // SslStream does not lock the close_notify against a read on another thread (.NET 10.0.12): OpenSSL then answers one of the two
        // with a failure that is the other's.
        public async Task ShutdownAsync()
        {
            if (stream is SslStream ssl)
            {
                await gate!.CloseAsync();
                await ssl.ShutdownAsync();
                gate.Open();
            }

            socket.Shutdown(SocketShutdown.Send);
        }

        public async Task<byte[]> ReadAsync(int count)
        {
            var buffer = new byte[count];
            for (var length = 0; length < count;)
            {
                var read = await ReadAsync(buffer.AsMemory(length));
                length += read > 0 ? read : throw new EndOfStreamException();
            }

            return buffer;
        }

        public async Task<byte[]> ReadToEndAsync()
        {
            var all = new MemoryStream();
            var buffer = new byte[64 * 1024];
            for (int read; (read = await ReadAsync(buffer)) > 0;)
            {
                all.Write(buffer, 0, read);
            }

            return all.ToArray();
        }

        private async Task<int> ReadAsync(Memory<byte> buffer)
        {
            if (gate is null)
            {
                return await stream.ReadAsync(buffer);
            }

            await gate.CloseAsync();
            try
            {
                return await stream.ReadAsync(buffer);
            }
            finally
            {
                gate.Open();
            }
        }

        public async Task<SocketError> ReadUntilErrorAsync()
        {
            try
            {
                await ReadToEndAsync();
                return SocketError.Success;
            }
            catch (IOException failed) when (failed.InnerException is SocketException error)
            {
                return error.SocketErrorCode;
            }
        }
    }

    /// <summary>Opens its gate while the TLS above waits for bytes.</summary>
    private sealed class GatedStream(Socket socket) : NetworkStream(socket)
    {
        private ReaderGate? _gate;

        /// <summary>Makes the gate, once the handshake is over.</summary>
        public ReaderGate Use() => _gate = new ReaderGate();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _gate?.Open();
            try
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }
            finally
            {
                await (_gate?.CloseAsync() ?? Task.CompletedTask);
            }
        }
    }
}
