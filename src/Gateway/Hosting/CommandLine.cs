using System.Collections;
using System.CommandLine;
using Gateway.Configuration;
using Gateway.Demo;

namespace Gateway.Hosting;

/// <summary>The commands: <c>run</c> (also without a command), <c>demo</c>, <c>validate</c>.</summary>
internal static class CommandLine
{
    private const string DefaultFile = "appsettings/appsettings.json";

    public static Task<int> InvokeAsync(string[] args)
    {
        var config = new Option<string?>("--config")
        {
            Description = $"The configuration file. Defaults to {DefaultFile} below the working directory or, if absent there, beside the executable.",
            HelpName = "FILE",
            Recursive = true,
        };
        var run = new Command("run", "Runs the gateway (also what it does without a command).");
        run.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(config)));
        var validate = new Command("validate", "Checks a configuration file without running it. Exit code 0: good (warnings are printed); 1: every error with its key path.");
        validate.SetAction(parsed => ValidateCommand.Run(FindFile(parsed.GetValue(config)), Console.Out, Console.Error));
        var demo = new Command("demo", "Runs the gateway in front of backends of its own and prints commands to try.");
        demo.SetAction((parsed, cancellation) => DemoAsync());
        var root = new RootCommand("Gateway: the client's real address reaches the backend, over HTTP and raw TCP.") { run, demo, validate };
        root.Options.Add(config);
        root.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(config)));
        // Signals are the host's: it drains. System.CommandLine would end the process after two seconds.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
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
            await GatewayHost.RunAsync(FindFile(file), Environment(), onStarted: null);
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

    private static Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }
        return variables;
    }
}
