namespace Gateway.ProxyProtocol;

/// <summary>The result of a parse.</summary>
public enum ProxyParseStatus : byte
{
    /// <summary>The bytes may be the beginning of a header. Call again, from the first byte, when more bytes have arrived.</summary>
    NeedMore,

    /// <summary>A complete, valid header. <see cref="ProxyHeader.Length"/> says where the payload begins.</summary>
    Done,

    /// <summary>The bytes are not an acceptable header, and further bytes cannot change that.</summary>
    Invalid,
}
