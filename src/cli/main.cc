#include "cli/sotto_app.h"

int main(int argc, char** argv) { return sotto::RunSotto("sotto", argc, argv); }
