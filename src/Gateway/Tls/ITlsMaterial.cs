namespace Gateway.Tls;

/// <summary>What one listener or cluster makes of files.</summary>
internal interface ITlsMaterial
{
    /// <summary>The label of metrics that names it: listener or cluster.</summary>
    string Label { get; }

    /// <summary>Its name.</summary>
    string Name { get; }

    /// <summary>What it needs of files.</summary>
    IReadOnlyList<TlsPart> Parts { get; }

    /// <summary>Takes the parts as they are now for handshakes from now on. After <see cref="TlsPart.Take"/> of any of them.</summary>
    void Rebuild();
}
