using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// Reads a PROXY header from the beginning of an HTTP connection, as <see cref="HeaderIdentification"/> decides, and leaves everything behind it to
/// HTTP. With HTTP the client speaks first: where TCP would dial after some silence, here the first bytes are waited for until HeaderTimeout
/// and told apart then, so that nobody holds a connection longer than that without having said anything.
/// </summary>
internal sealed class ProxyHeaderReader(ProxyProtocolPolicy policy, IPEndPoint peer, IPEndPoint local, TimeProvider time)
{
    private readonly long _accepted = time.GetTimestamp();

    /// <summary>Time since accept.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_accepted);

    /// <summary>Reads until the client is known or refused.</summary>
    /// <param name="input">The connection's bytes; exactly the header is consumed.</param>
    /// <param name="stop">Signalled when the listener stops: who has not said who he is by then is let go.</param>
    public async ValueTask<ProxyHeaderResult> ReadAsync(PipeReader input, CancellationToken stop)
    {
        var peerClass = policy.Classify(peer.Address);
        // Refused by address: nothing is read.
        var step = HeaderIdentification.Decide(policy, peerClass, [], Elapsed, ended: false);
        using var timed = new TimedPipeRead(input, time, stop);
        var received = 0L;
        try
        {
            while (step.Action == IdentificationAction.Wait || step.GuardAs != IdentificationRefusal.None)
            {
                var read = await timed.ReadAsync(step.Action == IdentificationAction.Wait ? step.Wait : policy.HeaderTimeout - Elapsed);
                received = read.Buffer.Length;
                step = step.GuardAs == IdentificationRefusal.None
                    ? HeaderIdentification.Decide(policy, peerClass, read.Buffer, Elapsed, read.IsCompleted)
                    : DecideLate(step, read.Buffer, Elapsed, read.IsCompleted);
                if (step.GuardAs == IdentificationRefusal.NestedHeader)
                {
                    // HTTP's own parser takes neither signature for a request: one that comes later ends there with 400, and no backend sees it.
                    step = step with { GuardAs = IdentificationRefusal.None };
                }
                if (step.Action == IdentificationAction.Identified && step.GuardAs != IdentificationRefusal.None)
                {
                    step = DecideLate(step, read.Buffer, Elapsed, read.IsCompleted);
                }
                if (step.Action == IdentificationAction.Wait || step.GuardAs != IdentificationRefusal.None)
                {
                    input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    if (stop.IsCancellationRequested)
                    {
                        return new ProxyHeaderResult(default, null, IsDraining: true);
                    }
                    continue;
                }
                return Conclude(step, read.Buffer, input);
            }
            return new ProxyHeaderResult(step, null);
        }
        catch (Exception ended) when (ended is ConnectionResetException or ConnectionAbortedException or IOException)
        {
            // Load balancers end their checks with RST as often as with FIN.
            return new ProxyHeaderResult(received == 0
                ? new IdentificationStep { Action = IdentificationAction.CloseSilently }
                : new IdentificationStep { Action = IdentificationAction.Refuse, Refusal = IdentificationRefusal.HeaderTruncated, Version = step.Version }, null);
        }
    }

    /// <summary>The peer is the client; its first bytes, or those behind a header that names nobody, must not be a header all the same.</summary>
    private IdentificationStep DecideLate(in IdentificationStep step, in ReadOnlySequence<byte> all, TimeSpan elapsed, bool ended)
    {
        var received = all.Slice(step.ConsumedBytes);
        Span<byte> first = stackalloc byte[(int)Math.Min(received.Length, ProxySignature.MaxLength)];
        received.Slice(0, first.Length).CopyTo(first);
        var match = ProxySignature.Match(first);
        return match switch
        {
            ProxySignatureMatch.V1 or ProxySignatureMatch.V2 => step with
            {
                Action = IdentificationAction.Refuse,
                Refusal = step.GuardAs,
                GuardAs = IdentificationRefusal.None,
                Version = ProxySignature.VersionOf(match),
            },
            ProxySignatureMatch.Partial when !ended && elapsed < policy.HeaderTimeout => step,
            ProxySignatureMatch.Partial when first.IsEmpty => new IdentificationStep { Action = IdentificationAction.CloseSilently },
            // The end of a signature will not come, or not in time: HTTP answers what is there.
            _ => step with { GuardAs = IdentificationRefusal.None },
        };
    }

    private ProxyHeaderResult Conclude(in IdentificationStep step, in ReadOnlySequence<byte> received, PipeReader input)
    {
        if (step.Action != IdentificationAction.Identified)
        {
            input.AdvanceTo(received.Start);
            return new ProxyHeaderResult(step, null);
        }
        var header = received.Slice(0, step.ConsumedBytes);
        var identity = HeaderIdentification.CreateIdentity(step, peer, local, header.IsSingleSegment ? header.FirstSpan : header.ToArray());
        input.AdvanceTo(header.End);
        return new ProxyHeaderResult(step, identity);
    }
}

/// <summary>What came of it: an identity, or the step that says why there is none.</summary>
internal readonly record struct ProxyHeaderResult(IdentificationStep Step, ConnectionIdentity? Identity, bool IsDraining = false);
