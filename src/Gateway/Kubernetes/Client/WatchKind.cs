namespace Gateway.Kubernetes.Client;

/// <summary>What an event of a watch says.</summary>
internal enum WatchKind
{
    /// <summary>The object is there, new or changed (ADDED, MODIFIED).</summary>
    Present,

    /// <summary>The object was deleted.</summary>
    Deleted,

    /// <summary>Nothing has changed up to this version.</summary>
    Bookmark,

    /// <summary>The event says nothing to this client, or its object cannot be read.</summary>
    Unreadable,
}
