namespace Gateway.Tls;

/// <summary>The TLS settings of one listener or cluster that are made from files.</summary>
internal interface ITlsMaterial
{
    /// <summary>The metric label under which the name is reported: listener or cluster.</summary>
    string Label { get; }

    /// <summary>The name of the listener or cluster.</summary>
    string Name { get; }

    /// <summary>The certificates and CAs that come from files.</summary>
    IReadOnlyList<TlsPart> Parts { get; }

    /// <summary>Uses the current parts for new handshakes. Called after <see cref="TlsPart.Take"/> of any of the parts.</summary>
    void Rebuild();
}
