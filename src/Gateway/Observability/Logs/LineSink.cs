namespace Gateway.Observability.Logs;

/// <summary>Writes bytes of the log, and waits as long as needed. Never throws.</summary>
/// <param name="isError">Whether to write to standard error instead of standard output.</param>
/// <param name="bytes">The bytes.</param>
/// <returns>The number of bytes that were written. It is smaller than the length if the write failed.</returns>
internal delegate int LineSink(bool isError, ReadOnlySpan<byte> bytes);
