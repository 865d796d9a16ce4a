namespace Gateway.Configuration.Validation;

/// <summary>Checks the section Admin, apart from its address.</summary>
internal sealed class AdminTopic : IConfigTopic
{
    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Admin?.TokenPath is { } path && (!Path.IsPathRooted(path) || Path.EndsInDirectorySeparator(path)))
        {
            context.Issues.Error(
                "Admin:TokenPath",
                $"\"{path}\"",
                "must be the absolute path of a file with a token, such as \"/run/secrets/gateway-admin-token\"; "
                    + "leave the key out and the API is read only");
        }
    }
}
