namespace Gateway.Tcp.Balancing;

/// <summary>What a policy knows of a destination, or of one address of a destination.</summary>
/// <param name="Number">The number by which its owner knows it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Weight">Its part of the connections in relation to the other weights; at least 1.</param>
/// <param name="Load">Its connections now.</param>
internal readonly record struct Share(int Number, string Name, int Weight, Load Load);
