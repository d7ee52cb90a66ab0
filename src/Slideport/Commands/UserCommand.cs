using System.CommandLine;
using System.Text.Json.Nodes;

namespace Slideport.Commands;

/// <summary><c>slideport user</c>: who may log in. Passwords are typed or piped in, never an argument: arguments are for everybody on the machine to see.</summary>
internal static class UserCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Login name of the user." };
    private static readonly Option<string> FullName = new("--full-name") { Description = "The user's full name.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> Role = new("--role") { Description = "operator, lab-admin or support.", DefaultValueFactory = _ => "operator" };

    public static Command Create()
    {
        var json = GlobalOptions.Json();
        var list = new Command("list", "List the users: role, last log-in, whether locked.\n\nExample: slideport user list") { json };
        list.SetAction((parsed, cancellationToken) => ListAsync(parsed, parsed.GetValue(json), cancellationToken));

        Role.AcceptOnlyFromAmong("operator", "lab-admin", "support");
        var add = new Command("add", "Add a user. The password is asked for, or read from standard input; it must be changed at the first log-in.\n\nExample: slideport user add anna --full-name 'Anna Berger' --role lab-admin")
        {
            Name, FullName, Role,
        };
        add.SetAction(AddAsync);

        var unlock = new Command("unlock", "Let a user try again who gave too many wrong passwords.\n\nExample: slideport user unlock anna") { Name };
        unlock.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Post, "/unlock", null, "can try again", cancellationToken));

        var reset = new Command("reset", "Set a user's password, asked for or read from standard input; ends his sessions.\n\nExample: slideport user reset anna") { Name };
        reset.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Put, "/password", new JsonObject { ["password"] = TypedSecret.Read("password") }, "has a new password, to be changed at the next log-in", cancellationToken));

        var forget = new Command("forget-factors", "Forget a user's authenticator app and passkeys, when he has lost them; ends his sessions.\n\nExample: slideport user forget-factors anna") { Name };
        forget.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Delete, "/second-factors", null, "logs in with the password alone again", cancellationToken));

        var remove = new Command("remove", "Remove a user; what he did stays in the audit trail.\n\nExample: slideport user remove anna") { Name };
        remove.SetAction((parsed, cancellationToken) => OnAsync(parsed, HttpMethod.Delete, "", null, "is removed", cancellationToken));

        var command = new Command(
            "user",
            "Administer SAM's users, also when none of them can log in.\n\n"
            + "Example: slideport user add anna --role lab-admin\n"
            + "Example: slideport user unlock anna")
        {
            list, add, unlock, reset, forget, remove,
        };
        foreach (var each in command.Subcommands)
            AdminClient.AddTo(each);
        return command;
    }

    private static async Task<int> ListAsync(ParseResult parsed, bool json, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        JsonTable.Print(
            await UsersAsync(sam, cancellationToken), json, "There is no user; add one with 'slideport user add NAME --role lab-admin'.",
            ("name", u => (string?)u["name"]), ("full name", u => (string?)u["fullName"]), ("role", u => (string?)u["role"]), ("last log-in", u => JsonTable.Time(u["lastLogInAt"])),
            ("locked until", u => JsonTable.Time(u["lockedUntil"])), ("second factor", SecondFactor));
        return ExitCode.Done;
    }

    private static string SecondFactor(JsonObject user) => ((bool)user["hasTotp"]!, (int)user["passkeys"]!) switch
    {
        (false, 0) => "",
        (true, 0) => "app",
        (false, var keys) => $"{keys} passkeys",
        (true, var keys) => $"app, {keys} passkeys",
    };

    private static async Task<int> AddAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        await sam.SendAsync(HttpMethod.Post, "api/users", new JsonObject
        {
            ["name"] = parsed.GetValue(Name),
            ["fullName"] = parsed.GetValue(FullName),
            ["role"] = parsed.GetValue(Role) switch { "lab-admin" => "labAdmin", var role => role },
            ["password"] = TypedSecret.Read("password"),
        }, cancellationToken);
        Console.WriteLine($"User {parsed.GetValue(Name)} can log in; the password must be changed then.");
        return ExitCode.Done;
    }

    private static async Task<int> OnAsync(ParseResult parsed, HttpMethod method, string what, JsonObject? body, string done, CancellationToken cancellationToken)
    {
        using var sam = AdminClient.Open(parsed);
        var user = await FindAsync(sam, parsed.GetValue(Name)!, cancellationToken);
        await sam.SendAsync(method, $"api/users/{user["id"]}{what}", body, cancellationToken);
        Console.WriteLine($"User {user["name"]} {done}.");
        return ExitCode.Done;
    }

    private static async Task<JsonArray> UsersAsync(AdminClient sam, CancellationToken cancellationToken) =>
        (JsonArray)(await sam.SendAsync(HttpMethod.Get, "api/users", null, cancellationToken))!;

    /// <summary>The user of a login name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static async Task<JsonNode> FindAsync(AdminClient sam, string name, CancellationToken cancellationToken) =>
        (await UsersAsync(sam, cancellationToken)).FirstOrDefault(u => string.Equals((string?)u!["name"], name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"There is no user {name}; 'slideport user list' lists them.");
}
