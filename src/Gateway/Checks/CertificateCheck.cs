using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;

namespace Gateway.Checks;

/// <summary>Checks whether requests will accept the certificate of each https destination, and for how long.</summary>
internal sealed class CertificateCheck : ICheck
{
    // Certificates of 90 days are renewed 30 days before their end. If less than half of these 30 days is left, the renewal was forgotten.
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public string Name => "certificate";

    public bool AsksOthers => true;

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        await context.LoadCertificatesAsync();
        await CheckContext.ForEachAsync(
            context.Targets.Where(target => target.CertificateName is not null),
            target => CheckAsync(target, context, findings, cancellation),
            cancellation);
    }

    private static async Task CheckAsync(
        BackendTarget target, CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var endPoints = (await context.ReachAsync(target, cancellation)).EndPoints;
        // Addresses that refuse the PROXY header are left out: they close before TLS, and that would look like a problem of the
        // certificate.
        var refusing = (await context.TryHeadersAsync(target, cancellation)).SelectMany(verdicts => verdicts)
            .Where(verdict => verdict.Severity == CheckSeverity.Fail).Select(verdict => verdict.EndPoint).ToHashSet();
        if (endPoints.FirstOrDefault(endPoint => !refusing.Contains(endPoint)) is { } endPoint)
        {
            await ShakeHandsAsync(target, endPoint, context.Time, findings, cancellation);
        }
        else if (endPoints.Count > 0)
        {
            findings.Skip(target.KeyPath, "not checked: first comes what proxy-header found");
        }
    }

    private static async Task ShakeHandsAsync(
        BackendTarget target,
        IPEndPoint endPoint,
        TimeProvider time,
        CheckFindings findings,
        CancellationToken cancellation)
    {
        var request = new ConnectRequest { Destination = endPoint, Timeout = target.ConnectTimeout };
        var (talk, unreached) = await BackendTalk.ConnectAsync(request, cancellation);
        if (talk is null)
        {
            var severity = unreached!.IsOurs ? CheckSeverity.Skip : CheckSeverity.Fail;
            findings.Add(severity, target.KeyPath, $"the certificate was not seen: {endPoint} {unreached.Said}");
            return;
        }

        using var ended = talk;
        var socket = talk.Socket;
        // The connection ends with a FIN, because a TLS server treats a reset as an error.
        socket.LingerState = new LingerOption(false, 0);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(target.ConnectTimeout);
        var isJudged = false;
        try
        {
            if (target.Users.FirstOrDefault(user => user.SourceIp.Mode == SourceIpMode.ProxyProtocol) is { } user)
            {
                var header = new byte[OwnHeader.MaxLength];
                await socket.SendAsync(header.AsMemory(0, OwnHeader.Write(header, user.SourceIp.Version, socket)), limit.Token);
            }

            await using var tls = new SslStream(new NetworkStream(socket));
            var options = target.Tls?.OptionsFor(target.Host) ?? new SslClientAuthenticationOptions();
            options.TargetHost = target.CertificateName;
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                Judge(target, certificate as X509Certificate2, chain, errors, time.GetLocalNow().DateTime, findings);
                isJudged = true;
                return errors == SslPolicyErrors.None;
            };
            await tls.AuthenticateAsClientAsync(options, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            findings.Fail(
                target.KeyPath,
                $"{endPoint} does not answer a TLS handshake within {target.ConnectTimeout.TotalSeconds:0.###} s",
                "is it an http:// backend"
            );
        }
        catch (Exception problem) when (problem is AuthenticationException or IOException or SocketException)
        {
            // The callback has refused the certificate and reported why. The handshake then ends with an exception, too.
            if (isJudged)
            {
                return;
            }

            findings.Fail(
                target.KeyPath,
                $"{endPoint} does not speak TLS with us: {problem.Message}",
                "is it an http:// backend, or one that wants a client's certificate"
            );
        }
    }

    /// <summary>Judges the certificate as HttpClient would.</summary>
    internal static void Judge(
        BackendTarget target,
        X509Certificate2? certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        DateTime now,
        CheckFindings findings)
    {
        if (certificate is null)
        {
            findings.Fail(target.KeyPath, "the destination shows no certificate");
            return;
        }

        var until = certificate.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            findings.Fail(
                target.KeyPath,
                $"the certificate is {certificate.Subject}'s, not {target.CertificateName}'s",
                target.IsHttp
                    ? "an address with the name in the certificate, or the destination's key Host"
                    : "an address with the name in the certificate, or the cluster's key Tls:ServerName");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var reasons = string.Join(", ", chain?.ChainStatus.Select(status => status.StatusInformation.Trim()) ?? []);
            findings.Fail(
                target.KeyPath,
                $"the certificate of {certificate.Subject} (until {until}) is not accepted: {reasons}",
                CureOf(target));
        }

        if (errors != SslPolicyErrors.None)
        {
            return;
        }

        if (certificate.NotAfter - now < Soon)
        {
            findings.Warn(target.KeyPath, $"the certificate of {certificate.Subject} ends on {until}", "renew it");
        }
        else
        {
            findings.Ok(target.KeyPath, $"the certificate of {certificate.Subject} is accepted, until {until}");
        }
    }

    private static string CureOf(BackendTarget target) => target switch
    {
        { Tls.Current.Authorities: not null, IsHttp: true } => "the CA of the certificate in Metadata's Tls.CaPath, or a new certificate",
        { Tls.Current.Authorities: not null } => "the CA of the certificate in the cluster's Tls:CaPath, or a new certificate",
        { IsHttp: true } => "a CA that this host trusts (SSL_CERT_DIR, SSL_CERT_FILE; Metadata's Tls.CaPath), or a new certificate; "
            + "HttpClient:DangerousAcceptAnyServerCertificate takes any",
        _ => "a CA that this host trusts (SSL_CERT_DIR, SSL_CERT_FILE; the cluster's Tls:CaPath), or a new certificate",
    };
}
