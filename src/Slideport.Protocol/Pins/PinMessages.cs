namespace Slideport.Protocol.Pins;

/// <summary>Somebody has entered a PIN on a scanner's console: <c>POST /scanner/pin</c>.</summary>
/// <param name="Pin">Digits. A secret: never logged.</param>
public sealed record PinEntry(string Pin)
{
    /// <summary>The name alone.</summary>
    public override string ToString() => nameof(PinEntry);
}

/// <summary>Whose PIN it is: the console is his until it locks again.</summary>
/// <param name="UserName">Login name.</param>
/// <param name="FullName">Full name; may be empty.</param>
/// <param name="Role"><c>operator</c>, <c>labAdmin</c> or <c>support</c>.</param>
/// <param name="LockMinutes">Minutes without a touch after which the console locks.</param>
public sealed record PinHolder(string UserName, string FullName, string Role, int LockMinutes);
