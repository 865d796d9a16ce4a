using Gateway.Tcp.Telemetry;

namespace Gateway.Checks;

/// <summary>One finding.</summary>
/// <param name="Check">The check's name: <see cref="ICheck.Name"/>.</param>
/// <param name="Severity">How bad the finding is.</param>
/// <param name="Where">The key path that the finding belongs to; empty: the whole host.</param>
/// <param name="What">What was found.</param>
/// <param name="Cure">What to do; null if there is nothing to do.</param>
internal sealed record CheckResult(string Check, CheckSeverity Severity, string Where, string What, string? Cure = null)
{
    /// <summary>Everything but the severity, on one line.</summary>
    public string Describe() =>
        $"{Check}: {(Where.Length == 0 ? "" : LogText.Sentence(Where) + ": ")}{LogText.Sentence(What)}"
            + (Cure is null ? "" : $". Cure: {LogText.Sentence(Cure)}");
}
