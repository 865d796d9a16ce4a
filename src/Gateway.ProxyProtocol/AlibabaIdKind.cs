namespace Gateway.ProxyProtocol;

/// <summary>What an Alibaba Cloud id is of.</summary>
public enum AlibabaIdKind : byte
{
    /// <summary>A VPC.</summary>
    Vpc = 1,

    /// <summary>An endpoint.</summary>
    Endpoint = 2,

    /// <summary>An endpoint service.</summary>
    Service = 3,
}
