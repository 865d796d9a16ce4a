using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// Waits for the ClientHello, where routes ask for server names or TLS ends at the listener, and puts its content into the identity.
/// Nothing is decrypted, and the ClientHello stays in front of the payload.
/// 1. With StartTls, the client's request for TLS is answered first.
/// 2. If some route accepts the connection without a ClientHello, the connection goes on as soon as its first bytes are not TLS, or when
/// the client has sent nothing for SilenceWait, because the server may have to speak first.
/// 3. If the connection begins as TLS, a ClientHello must be complete in time and within MaxBytes; otherwise the connection ends.
/// </summary>
internal sealed class ClientHelloLook(PrologueMetrics metrics, TimeProvider time) : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection) =>
        connection.ClientHello is { } policy && connection.ReadClientHelloNeed() is not ClientHelloNeed.None and var need
            ? LookAsync(connection, policy, need == ClientHelloNeed.Optional)
            : new ValueTask<bool>(true);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> LookAsync(AcceptedConnection connection, ClientHelloPolicy policy, bool isOptional)
    {
        connection.IsWithinHello = true;
        var goesOn = await ReadAsync(connection, policy, isOptional);
        connection.IsWithinHello = false;
        return goesOn;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadAsync(AcceptedConnection connection, ClientHelloPolicy policy, bool isOptional)
    {
        var began = connection.ClientHelloBegan = time.GetTimestamp();
        var seen = connection.Received.Length;
        var reader = new ClientHelloReader(policy.MaxBytes);
        var mayAsk = policy.StartTls == StartTlsProtocol.PostgreSql;
        var hasDeclined = false;
        var isSilent = true;
        while (true)
        {
            if (connection.Receive() is not SocketError.Success and var failed)
            {
                return Left(connection, policy, isSilent, failed);
            }

            isSilent &= connection.Received.IsEmpty;
            if (mayAsk)
            {
                var request = PostgreSqlRequests.Read(connection.Received);
                if (request == PostgreSqlRequest.Ssl || (request == PostgreSqlRequest.GssEncryption && !hasDeclined))
                {
                    // As the server does, GSSENCRequest is answered once: a client that repeats it would keep this loop busy forever.
                    hasDeclined = request == PostgreSqlRequest.GssEncryption;
                    connection.Consume(PostgreSqlRequests.Length);
                    (connection.Guard, seen) = (null, 0);
                    connection.HasAskedForTls = request == PostgreSqlRequest.Ssl;
                    mayAsk = !connection.HasAskedForTls;
                    var answer = mayAsk ? PostgreSqlRequests.No : PostgreSqlRequests.Yes;
                    if (await connection.AnswerAsync(answer, policy.Timeout) is not SocketError.Success and var unsent)
                    {
                        return Left(connection, policy, isSilent, unsent);
                    }

                    continue;
                }

                if (request == PostgreSqlRequest.Cancel)
                {
                    return WithoutHello(connection, policy, isOptional, "cancel_request", seen);
                }

                mayAsk = request == PostgreSqlRequest.More;
            }

            var status = mayAsk ? ClientHelloStatus.More : reader.Inspect(connection.Received);
            switch (status)
            {
                case ClientHelloStatus.Complete:
                    // The guard is not needed any more, because a TLS record cannot begin a PROXY header.
                    connection.Guard = null;
                    connection.Identity = connection.Identity! with { Hello = reader.Hello };
                    return true;
                case ClientHelloStatus.NotTls:
                    return WithoutHello(connection, policy, isOptional && !connection.HasAskedForTls, "not_tls", seen);
                case ClientHelloStatus.Broken or ClientHelloStatus.TooLong:
                    return connection.Fail(new Outcome(
                        RefusalOf(policy), status == ClientHelloStatus.TooLong ? "too_long" : "broken", reader.Error));
            }

            if (connection.HasEnded)
            {
                return connection.Fail(isSilent ? new Outcome(CloseReason.HealthCheck) : new Outcome(RefusalOf(policy), "ended"));
            }

            var maySkip = isSilent && isOptional;
            var left = (maySkip ? policy.SilenceWait : policy.Timeout) - time.GetElapsedTime(began);
            var waited = left > TimeSpan.Zero ? await connection.WaitAsync(left) : SocketError.TimedOut;
            if (waited == SocketError.TimedOut)
            {
                return maySkip || connection.Fail(new Outcome(RefusalOf(policy), isSilent ? "silent" : "timeout"));
            }

            if (waited != SocketError.Success)
            {
                return Left(connection, policy, isSilent, waited);
            }
        }
    }

    private static CloseReason RefusalOf(ClientHelloPolicy policy) => policy.EndsTls ? CloseReason.Tls : CloseReason.ClientHello;

    // The guard has already seen the bytes that came before this look. It has to see the other bytes here, because no later step shows it
    // bytes that were read ahead.
    private bool WithoutHello(AcceptedConnection connection, ClientHelloPolicy policy, bool isOptional, string why, long seen)
    {
        if (connection.Guard is { } guard && connection.Received.Length > seen)
        {
            switch (guard.Inspect(connection.Received.Slice(seen)))
            {
                case GuardVerdict.Refuse:
                    metrics.Headers.Stopped(connection.ListenerName, connection.GuardAs, guard.Refused);
                    return connection.Fail(IdentificationOutcomes.OfHeader(connection.GuardAs));
                case GuardVerdict.Pass:
                    connection.Guard = null;
                    break;
            }
        }

        return isOptional || connection.Fail(new Outcome(RefusalOf(policy), why));
    }

    // A load balancer's check ends with RST as often as with FIN, so RST from a silent client counts as a check too.
    private static bool Left(AcceptedConnection connection, ClientHelloPolicy policy, bool isSilent, SocketError error) => connection.Fail(
        connection.IsStopped ? CloseReason.Draining
        : error == SocketError.TimedOut ? RefusalOf(policy)
        : isSilent ? CloseReason.HealthCheck
        : CloseReason.ClientReset);
}
