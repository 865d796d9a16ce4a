namespace Gateway.Tcp.Balancing;

/// <summary>The result of <see cref="Load.TryEnter"/>.</summary>
internal enum Entry
{
    /// <summary>The dial counts as a connection.</summary>
    Entered,

    /// <summary>The number of connections has changed since the choice, and another choice may be better.</summary>
    Outdated,

    /// <summary>There are as many connections as there may be.</summary>
    Full,
}
