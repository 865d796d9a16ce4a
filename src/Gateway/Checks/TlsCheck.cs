using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Gateway.Configuration;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tls;

namespace Gateway.Checks;

/// <summary>
/// Checks what listeners and clusters read from files for TLS: keys that match, complete chains, certificates and revocation lists that
/// have not ended. And the names of Tls listeners: those that routes ask for and no certificate has, and the other way round.
/// </summary>
internal sealed class TlsCheck : ICheck
{
    // Certificates of 90 days are renewed 30 days before their end: one with less than half of that was forgotten.
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    // Lists are made anew every day or every week.
    private static readonly TimeSpan SoonForLists = TimeSpan.FromDays(1);

    public string Name => "tls";

    public bool AsksOthers => false;

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        foreach (var problem in await context.LoadCertificatesAsync())
        {
            findings.Fail(problem.KeyPath, problem.What, problem.Cure);
        }

        var now = context.Time.GetUtcNow();
        foreach (var part in context.Snapshot.Tls.Materials.SelectMany(static material => material.Parts))
        {
            switch (part)
            {
                case PairPart { Current: { } pair, Problem: null }:
                    Judge(part.Files[0].KeyPath, pair, now, findings);
                    break;
                case AuthoritiesPart { Current: { } authorities, Problem: null }:
                    Judge(part, authorities, now, findings);
                    break;
            }
        }

        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener is { Protocol: ListenerProtocol.Tls, Tls: { } tls })
            {
                CheckNames(context, name, tls, findings);
            }
        }
    }

    /// <summary>Judges a certificate and what is sent with it.</summary>
    internal static void Judge(string where, CertificatePair pair, DateTimeOffset now, CheckFindings findings)
    {
        var leaf = pair.Leaf;
        var text = $"{leaf.Subject}, until {Day(leaf.NotAfter)}";
        if (leaf.NotAfter < now.LocalDateTime)
        {
            findings.Fail(where, $"the certificate of {leaf.Subject} ended on {Day(leaf.NotAfter)}", "renew it");
        }
        else if (leaf.NotBefore > now.LocalDateTime)
        {
            findings.Fail(where, $"the certificate of {leaf.Subject} is not valid before {Day(leaf.NotBefore)}", "compare the clocks");
        }
        else if (leaf.NotAfter - now.LocalDateTime < Soon)
        {
            findings.Warn(where, $"the certificate of {leaf.Subject} ends on {Day(leaf.NotAfter)}", "renew it");
        }
        else if (pair.Names.Count == 0)
        {
            findings.Warn(
                where, $"the certificate of {leaf.Subject} has no DNS name, so no client gets it by name", "a certificate with one");
        }
        else if (MissingIssuer(pair) is { } missing)
        {
            findings.Warn(
                where,
                $"the chain of {text} is not complete: {missing} is not in the file, and this host does not know it",
                "append the intermediate certificates of the issuer to the file");
        }
        else
        {
            findings.Ok(where, $"{text}, {pair.Intermediates.Count} intermediate(s), for {string.Join(' ', pair.Names)}");
        }
    }

    // The name of an issuer that clients will look for in vain. The root itself need not be sent: a certificate that says where its issuer
    // is to be had has an intermediate above it, one of an own CA mostly does not say.
    private static string? MissingIssuer(CertificatePair pair)
    {
        X509Certificate2[] chain = [pair.Leaf, .. pair.Intermediates];
        for (var i = 0; i + 1 < chain.Length; i++)
        {
            if (!chain[i].IssuerName.RawData.AsSpan().SequenceEqual(chain[i + 1].SubjectName.RawData))
            {
                return $"{chain[i].Issuer}, which must come next,";
            }
        }

        var last = chain[^1];
        if (last.SubjectName.RawData.AsSpan().SequenceEqual(last.IssuerName.RawData)
            || last.Extensions.OfType<X509AuthorityInformationAccessExtension>()
                .All(static access => !access.EnumerateCAIssuersUris().Any()))
        {
            return null;
        }

        using var known = new X509Chain
        {
            ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        };
        known.Build(last);
        return known.ChainStatus.Any(static status => status.Status == X509ChainStatusFlags.PartialChain) ? last.Issuer : null;
    }

    private static void Judge(TlsPart part, CertificateAuthorities authorities, DateTimeOffset now, CheckFindings findings)
    {
        var ended = authorities.Certificates.FirstOrDefault(authority => authority.NotAfter < now.LocalDateTime);
        if (ended is not null)
        {
            findings.Warn(
                part.Files[0].KeyPath, $"the CA {ended.Subject} ended on {Day(ended.NotAfter)}", "take it out, or put its successor in");
        }
        else
        {
            findings.Ok(part.Files[0].KeyPath, part.Describe());
        }

        if (authorities.Revocations?.FirstEnd is not { } end)
        {
            return;
        }

        var where = part.Files[^1].KeyPath;
        if (end < now)
        {
            findings.Fail(where, $"a revocation list ended at {end:u}: no certificate of its CA is taken", "write a newer list");
        }
        else if (end - now < SoonForLists)
        {
            findings.Warn(where, $"a revocation list ends at {end:u}", "write a newer list before that");
        }
        else
        {
            findings.Ok(where, $"revocation lists until {end:u}");
        }
    }

    private static void CheckNames(CheckContext context, string listener, ListenerTlsConfig tls, CheckFindings findings)
    {
        var have = context.Snapshot.Tls.Materials.OfType<ServerTls>()
            .Where(server => server.Name.Equals(listener, StringComparison.OrdinalIgnoreCase))
            .SelectMany(static server => server.Parts.OfType<PairPart>())
            .SelectMany(static part => part.Current?.Names.Select(name => (part.Name, Server: name.TrimEnd('.'))) ?? [])
            .ToList();
        var routes = context.Config.TcpProxy.Routes
            .Where(route => string.Equals(route.Value.Listener, listener, StringComparison.OrdinalIgnoreCase))
            .Select(static route => (Name: route.Key, Asked: route.Value.Match?.ServerNames ?? []))
            .ToList();
        foreach (var (route, asked) in routes)
        {
            // A wildcard is asked for in vain only if there is no certificate for any name that it stands for.
            foreach (var name in asked.Where(name =>
                have.Count > 0 && !have.Exists(known => Covers(known.Server, name) || Covers(name, known.Server))))
            {
                findings.Add(
                    tls.DefaultCertificate is null ? CheckSeverity.Fail : CheckSeverity.Warn,
                    $"TcpProxy:Routes:{route}:Match:ServerNames",
                    $"no certificate of the listener {listener} is for {name}: "
                        + (tls.DefaultCertificate is null ? "its clients are refused" : "its clients get the default one"),
                    $"add one to Listeners:{listener}:Tls:Certificates");
            }
        }

        if (routes.Exists(static route => route.Asked.Count == 0))
        {
            return;
        }

        foreach (var (certificate, name) in have.Where(known => !routes.Exists(route => route.Asked.Any(asked => Covers(asked, known.Server)
                || Covers(known.Server, asked)))))
        {
            findings.Warn(
                $"Listeners:{listener}:Tls:Certificates:{certificate}",
                $"the certificate is for {name}, and no route of the listener takes that name",
                "add a route with this name in ServerNames");
        }
    }

    private static bool Covers(string pattern, string name) =>
        pattern.Equals(name, StringComparison.OrdinalIgnoreCase)
        || (ServerName.IsDeepWildcard(pattern)
            && ("." + name).EndsWith($".{ServerName.HostOf(pattern)}", StringComparison.OrdinalIgnoreCase))
        || (pattern.StartsWith("*.", StringComparison.Ordinal)
            && name.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
            && pattern.AsSpan(1).Equals(name.AsSpan(dot), StringComparison.OrdinalIgnoreCase));

    private static string Day(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
