namespace Slideport.Protocol.Configuration;

/// <summary>What is wrong with one field.</summary>
/// <param name="Field">The field as JSON names it, <c>images.port</c>.</param>
/// <param name="Message">One sentence that says what is wrong and how to mend it.</param>
public sealed record FieldError(string Field, string Message);
