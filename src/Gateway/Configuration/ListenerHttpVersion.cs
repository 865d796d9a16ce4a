namespace Gateway.Configuration;

/// <summary>The HTTP version of a cleartext listener.</summary>
public enum ListenerHttpVersion
{
    /// <summary>HTTP/1.1 and HTTP/1.0.</summary>
    Http1,

    /// <summary>HTTP/2 with prior knowledge.</summary>
    Http2,
}
