namespace Gateway.ProxyProtocol;

/// <summary>How far a parse came.</summary>
public enum ProxyParseStatus : byte
{
    /// <summary>What is there may be the beginning of a header: call again, from the first byte, when more has come.</summary>
    NeedMore,

    /// <summary>A whole, valid header; its <see cref="ProxyHeader.Length"/> says where the payload begins.</summary>
    Done,

    /// <summary>No continuation can make this a header that we take.</summary>
    Invalid,
}
