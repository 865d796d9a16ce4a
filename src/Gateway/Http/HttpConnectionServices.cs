namespace Gateway.Http;

/// <summary>What every connection of a listener needs from the host.</summary>
internal sealed record HttpConnectionServices(TimeProvider Time);
