using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class NodeReportsAndOpenings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "NodeReports",
                columns: table => new
                {
                    Node = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    IsStopped = table.Column<bool>(type: "INTEGER", nullable: false),
                    Problems = table.Column<string>(type: "TEXT", maxLength: -1, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_NodeReports", x => x.Node);
                });

            migrationBuilder.CreateTable(
                name: "ToldOpenings",
                columns: table => new
                {
                    Teller = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    OpeningId = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ToldOpenings", x => new { x.Teller, x.OpeningId });
                });

            migrationBuilder.CreateIndex(
                name: "IX_ToldOpenings_At",
                table: "ToldOpenings",
                column: "At");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "NodeReports");

            migrationBuilder.DropTable(
                name: "ToldOpenings");
        }
    }
}
