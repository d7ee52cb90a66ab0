using System.Globalization;
using Slideport.Protocol.Configuration;

namespace Slideport.Sam.Pins;

/// <summary>Whether a PIN may be taken: as many digits as the installation wants, and none of those that are tried first.</summary>
internal static class PinRules
{
    /// <summary>Fewest digits an installation may want.</summary>
    internal const int Fewest = 5;

    /// <summary>Most digits an installation may want.</summary>
    internal const int Most = 8;

    private const int FewestDifferentDigits = 3;

    // Years somebody at a scanner may think of.
    private const int FirstYear = 1920;
    private const int LastYear = 2049;

    private static readonly string[] Dates = ["ddMMyy", "MMddyy", "yyMMdd"];

    /// <summary>What is wrong with a new PIN; nothing when it can be taken.</summary>
    /// <param name="digits">How many digits the installation wants.</param>
    /// <param name="pin">The PIN.</param>
    internal static IReadOnlyList<FieldError> Check(int digits, string pin)
    {
        if (pin.Length != digits || !pin.All(char.IsAsciiDigit))
            return [new FieldError("pin", $"Write exactly {digits} digits.")];
        return IsTrivial(pin)
            ? [new FieldError("pin", "Guessers would try this among the first: few different digits, a row, a repetition, a year or a date. Take another.")]
            : [];
    }

    /// <summary>Whether a text can be a PIN of any installation. What was set before the number of digits was changed stays good.</summary>
    internal static bool CanBePin(string text) => text.Length is >= Fewest and <= Most && text.All(char.IsAsciiDigit);

    private static bool IsTrivial(string pin) =>
        pin.Distinct().Count() < FewestDifferentDigits || IsRow(pin) || IsRepetition(pin) || IsYear(pin.AsSpan(0, 4)) || IsYear(pin.AsSpan(pin.Length - 4)) || IsDate(pin);

    // 123456, 987654, 890123, 246802: the same step from each digit to the next.
    private static bool IsRow(string pin)
    {
        var step = Step(pin, 1);
        return Enumerable.Range(2, pin.Length - 2).All(i => Step(pin, i) == step);
    }

    private static int Step(string pin, int at) => (pin[at] - pin[at - 1] + 10) % 10;

    // 123123, 12121212.
    private static bool IsRepetition(string pin) =>
        Enumerable.Range(1, pin.Length / 2).Any(length => pin.Length % length == 0 && Enumerable.Range(length, pin.Length - length).All(i => pin[i] == pin[i - length]));

    private static bool IsYear(ReadOnlySpan<char> digits) => int.Parse(digits, CultureInfo.InvariantCulture) is >= FirstYear and <= LastYear;

    private static bool IsDate(string pin) => pin.Length == Dates[0].Length && DateOnly.TryParseExact(pin, Dates, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
