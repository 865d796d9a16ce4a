namespace Gateway.Configuration;

/// <summary>The scope of the self-test.</summary>
public enum CheckScope
{
    /// <summary>Checks nothing.</summary>
    None,

    /// <summary>Checks this host only, and sends nothing to other hosts.</summary>
    Host,

    /// <summary>Checks the destinations, too, with a connection to each.</summary>
    All,
}
