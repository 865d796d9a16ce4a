namespace Gateway.Configuration.Validation;

/// <summary>Checks one topic of a configuration and reports all that it finds.</summary>
internal interface IConfigTopic
{
    /// <summary>Checks it.</summary>
    /// <param name="context">What it looks at, and where it reports.</param>
    void Validate(ValidationContext context);
}
