using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>YARP's own validator, as YARP registers it, for when no host is there (<c>validate</c>, the first read at start).</summary>
internal static class YarpValidator
{
    private static readonly Lazy<IConfigValidator> Shared = new(Create);

    /// <summary>The validator with YARP's own policies and transforms.</summary>
    public static IConfigValidator Default => Shared.Value;

    private static IConfigValidator Create()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddRouting();
        services.AddReverseProxy();
        // Lives as long as the process: the validator resolves from it.
        return services.BuildServiceProvider().GetRequiredService<IConfigValidator>();
    }
}
