namespace Gateway.Tcp.Configuration;

/// <summary>What happens to the live connections of an address that active checks take out of use.</summary>
public enum TcpUnhealthyAction
{
    /// <summary>They go on.</summary>
    Keep,

    /// <summary>They end, with RST to both sides.</summary>
    Close,
}
