namespace Gateway.Hosting;

/// <summary>
/// The process cannot start with this configuration. The message names the problem, its key path and the cure. The operator sees only the
/// message.
/// </summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
