namespace Gateway.Kubernetes.Client;

/// <summary>What names an object within its type.</summary>
/// <param name="Namespace">The namespace; empty: none.</param>
/// <param name="Name">The name.</param>
internal readonly record struct ResourceKey(string Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
