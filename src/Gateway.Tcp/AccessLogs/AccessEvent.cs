namespace Gateway.Tcp.AccessLogs;

/// <summary>What a line of the access log tells of a connection or request.</summary>
public enum AccessEvent : byte
{
    /// <summary>It has ended.</summary>
    End,

    /// <summary>It has begun: a TCP connection has reached its destination, or a request has got its route.</summary>
    Start,

    /// <summary>It is still alive.</summary>
    Interval,
}
