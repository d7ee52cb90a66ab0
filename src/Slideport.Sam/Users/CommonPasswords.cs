using System.Collections.Frozen;

namespace Slideport.Sam.Users;

/// <summary>What guessers try first (NIST SP 800-63B-4 3.1.1.2): words and keyboard rows everybody uses, and what is made of nothing else.</summary>
internal static class CommonPasswords
{
    private const int FewestDifferentCharacters = 5;
    private const int ShortestOwnWord = 3;

    // How much of a password may be a row: 1234…, aaaa…, zyx….
    private const double MostInARow = 0.75;

    // The usual lists' heads by their letters; digits and signs around and between them, and 0 for o, do not make them better.
    private static readonly FrozenSet<string> Words = """
        a abc abcd abcdef abcdefg access account admin administrator amanda and andrea andrew angel anthony aperio apple april ashley asdf asdfgh asdfghjkl august
        azerty baby bailey banana baseball basketball batman blue buster butterfly changeit changeme charlie cheese chelsea chocolate clinic computer cookie daniel december
        default demo diamond dragon eagle eslide everything family february flower football forever freedom friday friend fuckyou gandalf george ginger god gt guest
        hallo hannah happy harley hello hockey hospital hottie hunter hunter iloveyou internet january jasmine jennifer jessica jesus jordan joshua july june justin
        key killer lab laboratory lakers leica letmein liverpool login lol london love lovely loveme maggie magic manager march master matrix matthew merlin michael
        michelle microscope microsoft money monkey monday morgan mustang my myspace mypassword naruto new nicole ninja nothing november october office operator orange
        owner pass passphrase password passwort pathologist pathology pepper pokemon princess private purple qazwsx qwe qwer qwert qwerty qwertyuiop qwertz qwertzuiop
        root samsung sam saturday scanner secret security september service shadow slide slideport slides smokey soccer sommer spring starwars summer sunday sunshine to of in is at for with
        super superman support system taylor test tester testing the this thisis thomas thursday tigger trustno trustnoone tuesday user username victoria we wednesday
        welcome whatever william winter wizard xxx yellow your yourpassword zaq zaqxsw zaqwsx zxc zxcvbn zxcvbnm
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a password is one everybody knows, or everybody who knows the user.</summary>
    /// <param name="password">The password.</param>
    /// <param name="own">The user's names.</param>
    internal static bool Contain(string password, params IEnumerable<string> own)
    {
        var folded = password.ToLowerInvariant();
        var ownWords = own.SelectMany(name => string.Concat(name.ToLowerInvariant().Select(c => char.IsLetter(c) ? c : ' ')).Split(' '))
            .Where(w => w.Length >= ShortestOwnWord).ToHashSet(StringComparer.Ordinal);
        // Read twice: with p4ssw0rd's digits as the letters they stand for, and without digits and signs.
        string[] readings = [string.Concat(folded.Select(LookAlike).Where(char.IsLetter)), string.Concat(folded.Where(char.IsLetter))];
        return folded.Distinct().Count() < FewestDifferentCharacters
            || IsRow(folded) || readings.Any(letters => letters.Length > 0 && (IsRow(letters) || IsMadeOf(letters, ownWords)));
    }

    private static char LookAlike(char c) => c switch
    {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' or '@' => 'a',
        '5' or '$' => 's',
        '7' => 't',
        _ => c,
    };

    private static bool IsRow(string text)
    {
        if (text.Length < 3)
            return false;
        var steps = Enumerable.Range(1, text.Length - 1).Count(i => Math.Abs(text[i] - text[i - 1]) <= 1);
        return steps > MostInARow * (text.Length - 1);
    }

    // Whether the letters can be read as words of the lists and nothing else. Digits at the end that read like letters may be left over.
    private static bool IsMadeOf(string letters, HashSet<string> ownWords)
    {
        var reached = new bool[letters.Length + 1];
        reached[0] = true;
        for (var end = 1; end <= letters.Length; end++)
        {
            for (var start = 0; start < end && !reached[end]; start++)
                reached[end] = reached[start] && letters[start..end] is var word && (Words.Contains(word) || ownWords.Contains(word));
        }

        var stem = letters.TrimEnd('o', 'i', 'e', 'a', 's', 't').Length;
        return reached.Skip(Math.Max(stem, 1)).Any(r => r);
    }
}
