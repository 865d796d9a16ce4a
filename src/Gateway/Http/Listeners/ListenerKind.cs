namespace Gateway.Http.Listeners;

/// <summary>What a listener is for.</summary>
internal enum ListenerKind : byte
{
    /// <summary>It carries clients to backends.</summary>
    Traffic,

    /// <summary>Health and metrics (<c>Probes</c>).</summary>
    Probes,

    /// <summary>Administration (<c>Admin</c>).</summary>
    Admin,
}
