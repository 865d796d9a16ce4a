namespace Gateway.Interception;

/// <summary>A host's rules could not be changed. The message is all that the operator sees.</summary>
internal sealed class RedirectException(string message) : Exception(message);
