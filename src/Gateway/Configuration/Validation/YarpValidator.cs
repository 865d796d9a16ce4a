using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Gives access to YARP's own validator, as YARP registers it.</summary>
internal static class YarpValidator
{
    /// <summary>The validator with YARP's own policies and transforms.</summary>
    public static IConfigValidator Default => RoutingServices.Default.GetRequiredService<IConfigValidator>();
}
