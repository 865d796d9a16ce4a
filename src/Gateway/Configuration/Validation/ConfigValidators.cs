using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Runs all validators, in the order in which their errors are printed.</summary>
internal static class ConfigValidators
{
    private static readonly IConfigTopic[] Topics =
    [
        new NetworksTopic(),
        new ListenersTopic(),
        new ProxyProtocolTopic(),
        new ToaTopic(),
        new TlsTopic(),
        new ForwardedHeadersTopic(),
        new InterceptTopic(),
        new TcpRoutesTopic(),
        new LimitsTopic(),
        new ClientHelloTopic(),
        new SourceIpTopic(),
        new ForgedHeadersTopic(),
        new HealthCheckTopic(),
        new TcpClustersTopic(),
        new KubernetesTopic(),
        new SocketTopic(),
        new DnatTopic(),
        new ClusterSourceIpTopic(),
        new ReadyWhenTopic(),
        new ProcessTopic(),
        new HandoverTopic(),
        new AdminTopic(),
        new LoggingTopic(),
        new AccessLogTopic(),
    ];

    /// <summary>Runs all validators. An error in one does not stop the others.</summary>
    /// <param name="context">The configuration, and where errors are reported.</param>
    /// <param name="yarp">YARP's validator; null: a validator with YARP's own policies and transforms.</param>
    public static void Run(ValidationContext context, IConfigValidator? yarp)
    {
        foreach (var topic in Topics)
        {
            topic.Validate(context);
        }

        new ReverseProxyTopic(yarp).Validate(context);
    }
}
