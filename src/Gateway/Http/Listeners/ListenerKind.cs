namespace Gateway.Http.Listeners;

/// <summary>The purpose of a listener.</summary>
internal enum ListenerKind : byte
{
    /// <summary>Carries the connections of clients to backends.</summary>
    Traffic,

    /// <summary>Health and metrics (<c>Probes</c>).</summary>
    Probes,

    /// <summary>Administration (<c>Admin</c>).</summary>
    Admin,
}
