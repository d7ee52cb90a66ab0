namespace Slideport.Sam.Audit;

/// <summary>Who does something, and from where.</summary>
/// <param name="Name"><c>scanner:SERIAL</c>, <c>role:NAME</c>, <c>user:NAME</c> or <c>system</c>.</param>
/// <param name="Source">An address; empty for this machine's own doings.</param>
internal sealed record Actor(string Name, string Source)
{
    internal static readonly Actor System = new("system", "");
}
