namespace Gateway.Observability.Logs;

/// <summary>Writes bytes of the log, waiting as long as it takes.</summary>
/// <param name="isError">To standard error instead of standard output.</param>
/// <param name="bytes">What.</param>
/// <returns>How many were written: fewer than there are if it failed. Never throws.</returns>
internal delegate int LineSink(bool isError, ReadOnlySpan<byte> bytes);
