using System.Collections;
using System.CommandLine;
using Gateway.Demo;
using Gateway.Hosting;

namespace Gateway.Commands;

/// <summary>The commands: <c>run</c> (also without a command), <c>demo</c>, <c>validate</c>, <c>schema</c>, <c>check</c>,
/// <c>redirect</c>.</summary>
internal static class CommandLine
{
    private const string DefaultFile = "appsettings/appsettings.json";

    public static Task<int> InvokeAsync(string[] args)
    {
        var config = new Option<string?>("--config")
        {
            Description =
                $"The configuration file. Defaults to {DefaultFile} below the working directory or, if absent there, beside the "
                    + $"executable.",
            HelpName = "FILE",
        };
        config.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value.Length: 0 }])
            {
                result.AddError("--config: the name of the file is empty.");
            }
        });
        var run = new Command(
            "run",
            $"Runs the gateway (also what it does without a command, where there is {DefaultFile} below the working directory).")
        {
            config,
        };
        run.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(config)));
        var root = new RootCommand("Gateway: the client's real address reaches the backend, over HTTP and raw TCP.")
        {
            run,
            Demo(),
            Validate(config),
            Schema(),
            Check(config),
            Redirect(config),
        };
        root.Options.Add(config);
        root.SetAction(
            (parsed, cancellation) =>
                parsed.GetValue(config) is { } file ? RunAsync(file)
                : File.Exists(DefaultFile) ? RunAsync(null)
                : PrintHelpAsync(root, cancellation));
        // The host handles signals, because it drains. System.CommandLine would end the process after two seconds.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static Command Validate(Option<string?> config)
    {
        var objects = new Option<string?>("--objects")
        {
            Description = "Objects of a cluster that Kubernetes:GatewayClass would follow (Gateways, routes, Services, Secrets, policies): "
                + "a YAML or JSON file, a folder of them, or - for the standard input. What they add is printed, and every object that "
                + "would not be served is an error.",
            HelpName = "PATH",
        };
        var validate = new Command(
            "validate",
            "Checks a configuration file without running it, and prints what it will do. Exit code 0: good (warnings are printed); 1: "
                + "every error with its key path.")
        {
            config,
            objects,
        };
        validate.SetAction(parsed =>
            ValidateCommand.Run(FindFile(parsed.GetValue(config)), parsed.GetValue(objects), Console.In, Console.Out, Console.Error));
        return validate;
    }

    private static Command Schema()
    {
        var schema = new Command(
            "schema",
            "Prints the JSON schema of the configuration file: editors complete and explain its keys with it.");
        schema.SetAction(static parsed => SchemaCommand.Run(Console.Out));
        return schema;
    }

    private static Command Demo()
    {
        var demo = new Command(
            "demo",
            "Runs the gateway in front of backends of its own and prints commands to try. Takes no options and no configuration: it "
                + "listens on 127.0.0.1, on the ports "
                + $"{string.Join(", ", DemoPorts.Preferred)} or, where one is taken, on another. Run as root on Linux it shows "
                + "transparent mode too.");
        demo.SetAction((parsed, cancellation) => DemoAsync());
        // A hidden option, only for an error that names the right command.
        var config = new Option<string?>("--config") { Hidden = true };
        config.Validators.Add(static result =>
            result.AddError("demo writes a configuration of its own: it takes no --config. To run a file: Gateway run --config FILE."));
        demo.Options.Add(config);
        return demo;
    }

    /// <summary>
    /// Prints the help, because there is no configuration below the working directory. A call without a command does not run the file
    /// beside the executable, because the user would not expect that.
    /// </summary>
    private static async Task<int> PrintHelpAsync(RootCommand root, CancellationToken cancellation)
    {
        await root.Parse(["--help"]).InvokeAsync(cancellationToken: cancellation);
        await Console.Error.WriteLineAsync(
            $"Nothing was started: there is no {DefaultFile} below {Environment.CurrentDirectory}. Gateway demo shows it work; Gateway "
                + $"run takes the file beside the executable.");
        return 1;
    }

    private static Command Check(Option<string?> config)
    {
        var json = new Option<bool>("--json") { Description = "JSON instead of text." };
        var strict = new Option<bool>("--strict") { Description = "Warnings, and what was skipped, count: exit code 2." };
        var check = new Command(
            "check",
            "Says whether this host and the backends can do what the configuration asks, and the cure. Exit code 0: no failures; 1: "
                + "failures.")
        {
            config,
            json,
            strict,
        };
        check.SetAction(
            (parsed, cancellation) =>
                CheckCommand.RunAsync(
                    FindFile(parsed.GetValue(config)),
                    parsed.GetValue(json),
                    parsed.GetValue(strict),
                    Console.Out,
                    cancellation));
        return check;
    }

    private static Command Redirect(Option<string?> config)
    {
        var iptables = new Option<bool>("--iptables") { Description = "With iptables and ip6tables instead of nftables." };
        var apply = new Command("apply", "Installs the rules; what an earlier apply installed is replaced.") { config, iptables };
        apply.SetAction((parsed, cancellation) =>
            RedirectCommand.ApplyAsync(FindFile(parsed.GetValue(config)), parsed.GetValue(iptables), Console.Out, Console.Error));
        var remove = new Command("remove", "Removes them. Needs no configuration.");
        remove.SetAction((parsed, cancellation) => RedirectCommand.RemoveAsync(Console.Out, Console.Error));
        var show = new Command("show", "Prints what apply would do as a shell script, and what is installed now. Changes nothing.")
        {
            config,
            iptables,
        };
        show.SetAction(
            (parsed, cancellation) =>
                RedirectCommand.ShowAsync(FindFile(parsed.GetValue(config)), parsed.GetValue(iptables), Console.Out, Console.Error));
        return new Command(
            "redirect",
            "Diverts connections to the listeners that have Intercept, by rules in this network namespace (needs NET_ADMIN).")
        {
            apply,
            remove,
            show,
        };
    }

    private static string FindFile(string? given)
    {
        if (given is not null)
        {
            return Path.GetFullPath(given);
        }
        var here = Path.GetFullPath(DefaultFile);
        return File.Exists(here) ? here : Path.Combine(AppContext.BaseDirectory, DefaultFile);
    }

    private static async Task<int> RunAsync(string? file)
    {
        try
        {
            await GatewayHost.RunAsync(FindFile(file), Variables(), onStarted: null);
            return 0;
        }
        catch (StartupException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 1;
        }
    }

    private static async Task<int> DemoAsync()
    {
        try
        {
            await using var demo = await DemoScenario.StartAsync();
            await GatewayHost.RunAsync(demo.ConfigPath, new Dictionary<string, string>(), onStarted: () => demo.PrintGuide(Console.Out));
            return 0;
        }
        catch (StartupException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return 1;
        }
    }

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }
        return variables;
    }
}
