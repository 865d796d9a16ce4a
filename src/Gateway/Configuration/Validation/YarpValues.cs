using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks values that YARP's validator accepts, but with which every request would be answered with 500 or 502.</summary>
internal static class YarpValues
{
    private static readonly string[] ProxySchemes = ["http", "https", "socks4", "socks4a", "socks5"];

    /// <summary>Reports such values of a route.</summary>
    public static void Check(ValidationContext context, string path, RouteConfig route)
    {
        if (route.MaxRequestBodySize < -1)
        {
            context.Error($"{path}:MaxRequestBodySize", "must not be negative; -1 is no limit");
        }
    }

    /// <summary>Reports such values of a cluster.</summary>
    public static void Check(ValidationContext context, string path, ClusterConfig cluster)
    {
        // Allows .NET's infinite timeout, which means "none" and is the default here.
        if (cluster.HttpRequest?.ActivityTimeout is { } timeout && timeout != Timeout.InfiniteTimeSpan)
        {
            Range.CheckTimeout(context, $"{path}:HttpRequest:ActivityTimeout", timeout);
        }

        if (cluster.HttpClient?.WebProxy?.Address is { } proxy && !(proxy.IsAbsoluteUri && ProxySchemes.Contains(proxy.Scheme)))
        {
            context.Error(
                $"{path}:HttpClient:WebProxy:Address",
                $"must be a URL with one of the schemes {string.Join(", ", ProxySchemes)}");
        }

        CheckEncoding(context, $"{path}:HttpClient:RequestHeaderEncoding", cluster.HttpClient?.RequestHeaderEncoding);
        CheckEncoding(context, $"{path}:HttpClient:ResponseHeaderEncoding", cluster.HttpClient?.ResponseHeaderEncoding);
    }

    private static void CheckEncoding(ValidationContext context, string path, string? encoding)
    {
        if (encoding is not null)
        {
            context.Warning(path, "has no effect: header values go on byte for byte; remove the key");
        }
    }
}
