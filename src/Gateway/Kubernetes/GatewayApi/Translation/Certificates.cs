using System.Runtime.CompilerServices;
using System.Text;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Tcp.Configuration;
using Gateway.Tls;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Finds the certificates of listeners in Secrets. The configuration names them by paths that <see cref="SecretFiles"/> reads.
/// </summary>
internal sealed class Certificates(IEnumerable<SecretObject> secrets, Grants grants)
{
    // Parsing a key takes a millisecond, and every change of any object translates all of them.
    private static readonly ConditionalWeakTable<SecretObject, string> Verdicts = [];

    private readonly Dictionary<ResourceKey, SecretObject> _secrets = secrets.ToDictionary(static secret => secret.Metadata.Key);

    /// <summary>Finds the certificates of a listener.</summary>
    /// <param name="ns">The namespace of the Gateway.</param>
    /// <param name="references">The references.</param>
    /// <param name="found">The certificates by name.</param>
    /// <returns>What is wrong; null: nothing. Certificates that are right are found all the same.</returns>
    public Problem? Find(string ns, IReadOnlyList<ObjectRef> references, out Dictionary<string, CertificateConfig> found)
    {
        found = new Dictionary<string, CertificateConfig>(StringComparer.OrdinalIgnoreCase);
        Problem? problem = references.Count == 0 ? new("InvalidCertificateRef", "mode Terminate needs certificateRefs") : null;
        foreach (var reference in references)
        {
            var key = new ResourceKey(string.IsNullOrEmpty(reference.Namespace) ? ns : reference.Namespace, reference.Name);
            if (ProblemOf(ns, key, reference) is { } wrong)
            {
                problem ??= wrong;
                continue;
            }

            found[$"{key.Namespace}.{key.Name}"] = new CertificateConfig
            {
                Path = SecretFiles.PathOf(key, SecretFiles.Certificate),
                KeyPath = SecretFiles.PathOf(key, SecretFiles.Key),
            };
        }

        return problem;
    }

    private Problem? ProblemOf(string ns, ResourceKey key, ObjectRef reference)
    {
        if (!string.IsNullOrEmpty(reference.Group) || (reference.Kind ?? ApiNames.Secret) != ApiNames.Secret)
        {
            return new("InvalidCertificateRef", $"{reference.Group}/{reference.Kind} {key} is no Secret");
        }

        if (!grants.Allow(ApiNames.Gateway, ns, ApiNames.Secret, key.Namespace, key.Name))
        {
            return new("RefNotPermitted", $"no ReferenceGrant of the namespace {key.Namespace} allows the Secret {key}");
        }

        var verdict = _secrets.GetValueOrDefault(key) is { } secret ? Verdicts.GetValue(secret, Parse) : $"there is no Secret {key}";
        return verdict.Length == 0 ? null : new("InvalidCertificateRef", verdict);
    }

    private static string Parse(SecretObject secret) =>
        secret.Data is { Certificate: { } certificate, Key: { } key }
            ? CertificatePair.Parse(Encoding.UTF8.GetString(certificate), Encoding.UTF8.GetString(key)).Problem is { } problem
                ? $"the Secret {secret.Metadata.Key}: {problem}"
                : ""
            : $"the Secret {secret.Metadata.Key} has no {SecretFiles.Certificate} and {SecretFiles.Key}";
}
