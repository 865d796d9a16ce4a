namespace Gateway.Hosting;

/// <summary>
/// The process cannot start as configured. The message names what, where and the cure, and is all that the operator sees.
/// </summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
