namespace Gateway.Configuration;

/// <summary>How far the self-test goes.</summary>
public enum CheckScope
{
    /// <summary>Nothing is checked.</summary>
    None,

    /// <summary>This host alone: nobody hears of it.</summary>
    Host,

    /// <summary>The destinations too: it connects to each.</summary>
    All,
}
