namespace Slideport.Commands;

/// <summary>Passwords and PINs as people give them to the command line: typed or piped in, never an argument.</summary>
internal static class TypedSecret
{
    /// <summary>Typed twice and not shown, or the first line that is piped in.</summary>
    /// <param name="what">What it is, for the prompt: <c>password</c>.</param>
    /// <exception cref="UsageException">Nothing came, or it was typed in two ways.</exception>
    public static string Read(string what)
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? throw new UsageException($"No {what} came on standard input; write it there as one line.");
        var first = ReadHidden($"{char.ToUpperInvariant(what[0])}{what[1..]}: ");
        return ReadHidden("Again: ") == first ? first : throw new UsageException("The two differ; nothing was changed.");
    }

    private static string ReadHidden(string prompt)
    {
        Console.Write(prompt);
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar != '\0')
                typed.Append(key.KeyChar);
        }

        Console.WriteLine();
        return typed.ToString();
    }
}
