using System.Diagnostics.Metrics;
using Gateway.Observability;

namespace Gateway.Tls;

/// <summary>Metrics: whether the certificates in use are those on disk, and when they expire.</summary>
internal sealed class CertificateMetrics
{
    private volatile IReadOnlyList<ITlsMaterial> _materials = [];

    public CertificateMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ConfigMetrics.MeterName);
        meter.CreateObservableGauge(
            "gateway.tls.certificate.loaded",
            () => Measure(static part => part.Problem is null ? 1 : 0),
            description: "1 if the files on disk are what is served, 0 if they cannot be and older ones are.");
        meter.CreateObservableGauge(
            "gateway.tls.certificate.expiry_timestamp",
            () => Measure(static part => part.Expires?.ToUnixTimeSeconds()),
            "s",
            "When the certificate that is served ends (of CAs: their revocation lists), in seconds since 1970.");
    }

    /// <summary>Reports these materials from now on, and no others.</summary>
    public void Follow(IReadOnlyList<ITlsMaterial> materials) => _materials = materials;

    private IEnumerable<Measurement<long>> Measure(Func<TlsPart, long?> read) =>
        from material in _materials
        from part in material.Parts
        let value = read(part)
        where value is not null
        select new Measurement<long>(
            value.Value,
            new KeyValuePair<string, object?>(material.Label, material.Name),
            new KeyValuePair<string, object?>("certificate", part.Name));
}
