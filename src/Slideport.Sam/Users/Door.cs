namespace Slideport.Sam.Users;

/// <summary>Where somebody tries to log in: at SAM's own port for people, or at a role that asks for him.</summary>
/// <param name="Source">The address he comes from.</param>
/// <param name="Teller">The role that says so, <c>role:NAME</c>; null at SAM's own.</param>
internal sealed record Door(string Source, string? Teller = null)
{
    /// <summary>What happened, for the audit trail, with who told it.</summary>
    internal string Note(string what) => Teller is null ? what : $"{what}, told by {Teller}";
}
