namespace Gateway.ProxyProtocol;

/// <summary>The kind of an Alibaba Cloud id.</summary>
public enum AlibabaIdKind : byte
{
    /// <summary>The id of a VPC.</summary>
    Vpc = 1,

    /// <summary>The id of an endpoint.</summary>
    Endpoint = 2,

    /// <summary>The id of an endpoint service.</summary>
    Service = 3,
}
