namespace Gateway.Commands;

/// <summary>
/// <c>Gateway schema</c>: prints the JSON schema of the configuration file. The schema is a file of the repository, made from the config
/// records and their docstrings, and is part of the program: docs/decisions/0096-the-schema-is-a-file.md says why.
/// </summary>
internal static class SchemaCommand
{
    private const string Resource = "Gateway.gateway.schema.json";

    /// <summary>The schema (JSON Schema draft 7).</summary>
    public static string Text
    {
        get
        {
            using var reader = new StreamReader(typeof(SchemaCommand).Assembly.GetManifestResourceStream(Resource)!);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Prints the schema.</summary>
    /// <param name="output">Takes it.</param>
    /// <returns>Exit code 0.</returns>
    public static int Run(TextWriter output)
    {
        output.Write(Text);
        return 0;
    }
}
