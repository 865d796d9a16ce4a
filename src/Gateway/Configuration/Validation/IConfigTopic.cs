namespace Gateway.Configuration.Validation;

/// <summary>Checks one topic of a configuration and reports all errors.</summary>
internal interface IConfigTopic
{
    /// <summary>Checks the topic.</summary>
    /// <param name="context">The configuration, and where errors are reported.</param>
    void Validate(ValidationContext context);
}
