namespace Gateway.Configuration;

/// <summary>How lines are written to the file of the access log.</summary>
public enum AccessLogFormat
{
    /// <summary>The time in UTC and the text of the line.</summary>
    Text,

    /// <summary>A JSON object, as the console's formatter <c>json</c> writes it.</summary>
    Json,
}
