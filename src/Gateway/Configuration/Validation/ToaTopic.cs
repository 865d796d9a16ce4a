using System.Net.Sockets;
using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Toa;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks TCP options with the client's address: from which peers they are trusted, their layouts, and the engine that they need.
/// </summary>
internal sealed class ToaTopic : IConfigTopic
{
    private const string NeedsLinux = "needs the Linux engine; TcpProxy:Engine is Portable: take Auto or Linux";

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.Toa is { } toa)
            {
                Validate(context, $"Listeners:{name}:Toa", toa);
            }
        }
    }

    /// <summary>
    /// Checks the options that a route writes: the engine supports them, each is valid, and no two are for the same address family.
    /// </summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the SourceIp section.</param>
    /// <param name="options">The section's ToaOptions.</param>
    internal static void CheckWritten(ValidationContext context, string path, IReadOnlyList<string> options)
    {
        if (context.Config.TcpProxy.Engine == TcpEngineKind.Portable)
        {
            context.Error($"{path}:Mode", NeedsLinux);
        }

        path = $"{path}:ToaOptions";
        if (options.Count == 0 && !context.Issues.HasError(path))
        {
            context.Error(path, "must not be empty: nothing would be written; leave it out for 254/8 and 253/20");
        }

        var families = new HashSet<AddressFamily>();
        foreach (var (format, index) in CheckFormats(context, path, options))
        {
            if (!families.Add(format.Family))
            {
                context.Issues.Error(
                    KeyPath.Join(path, index),
                    ConfigIssue.Quote(options[index]),
                    "one option for each address family: another one before it is for the same");
            }
        }
    }

    private static void Validate(ValidationContext context, string path, ToaConfig toa)
    {
        if (context.Config.TcpProxy.Engine == TcpEngineKind.Portable)
        {
            context.Issues.Error(path, null, NeedsLinux);
        }

        CheckTrust(context, path, toa);
        if (toa.Options.Count == 0 && !context.Issues.HasError($"{path}:Options"))
        {
            context.Error($"{path}:Options", "must not be empty: nothing would be believed; remove Toa if nobody sends it");
        }

        CheckFormats(context, $"{path}:Options", toa.Options);
        if (toa.Carriers is { Count: 0 } && !context.Issues.HasError($"{path}:Carriers"))
        {
            context.Error($"{path}:Carriers", "must not be empty: nothing would be looked at; leave it out for all");
        }

        if (toa.Carriers is { } carriers && carriers.Distinct().Count() != carriers.Count)
        {
            context.Error($"{path}:Carriers", "a carrier is listed twice");
        }

        Range.CheckTimeout(context, $"{path}:Wait", toa.Wait);
        if (toa is { Missing: MissingToa.Peer, Carriers: { } written } && !written.Contains(ToaCarrier.Data))
        {
            context.NotApplicable(path, "nothing is waited for: this is for Carriers with Data, and for Missing Reject", "Wait");
        }
    }

    private static void CheckTrust(ValidationContext context, string path, ToaConfig toa)
    {
        if (toa.TrustedProxies.Count == 0 && !context.Issues.HasError($"{path}:TrustedProxies"))
        {
            if (context.Written.ContainsKey($"{path}:TrustedProxies"))
            {
                context.Issues.Error(
                    $"{path}:TrustedProxies",
                    "[]",
                    "must not be empty: nobody would be believed; remove Toa if nobody sends it");
            }
            else
            {
                context.Missing(
                    path,
                    "TrustedProxies",
                    "the CIDRs or network names of the load balancers that write the option (or remove Toa)");
            }
        }

        foreach (var network in Cidr.Expand(toa.TrustedProxies, context.Config.Networks).Where(network => network.PrefixLength == 0))
        {
            context.Issues.Warning(
                $"{path}:TrustedProxies",
                $"\"{network}\"",
                "everybody may claim any client address; name the load balancers' networks");
        }
    }

    private static List<(ToaFormat Format, int Index)> CheckFormats(ValidationContext context, string path, IReadOnlyList<string> options)
    {
        var formats = new List<(ToaFormat Format, int Index)>();
        for (var i = 0; i < options.Count; i++)
        {
            if (options[i] is not { } text)
            {
                continue;
            }

            if (!ToaFormat.TryParse(text, out var format))
            {
                context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(text), ToaFormat.Rule);
            }
            else if (formats.Exists(other => other.Format == format))
            {
                context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(text), "listed twice");
            }
            else
            {
                formats.Add((format, i));
            }
        }

        return formats;
    }
}
